/**
 * A record's body does not have the format of its topic. The message reads "body: is not JSON". It names the
 * field and never a value, which may be a person's.
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
