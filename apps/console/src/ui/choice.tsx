import { Label, Radio, RadioGroup, Text } from 'react-aria-components';
import './choice.css';

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  onChange: (value: T) => void;
  /** Each with a sentence that says when to choose it. */
  options: readonly { value: T; label: string; text: string }[];
}

/** A choice of one among a few, with all of them in view. */
export function Choice<T extends string>({ label, value, onChange, options }: ChoiceProps<T>) {
  const choose = (chosen: string) => {
    const option = options.find((each) => each.value === chosen);
    if (option) onChange(option.value);
  };
  return (
    <RadioGroup className="choice" value={value} onChange={choose}>
      <Label className="choice-label">{label}</Label>
      {options.map((option) => (
        <Radio key={option.value} value={option.value} className="choice-option">
          <span className="choice-mark" />
          <span>
            <span className="choice-name">{option.label}</span>
            <Text slot="description" className="choice-text">
              {option.text}
            </Text>
          </span>
        </Radio>
      ))}
    </RadioGroup>
  );
}
