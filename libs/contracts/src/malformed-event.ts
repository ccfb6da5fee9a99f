/**
 * A record is not what its topic carries. The message reads "body: is not JSON"; it names the field and never a value,
 * which may be a person's.
 */
export class MalformedEvent extends Error {
  override name = 'MalformedEvent';
  readonly field = 'body';
  readonly rule: string;

  constructor(rule: string) {
    super(`body: ${rule}`);
    this.rule = rule;
  }
}
