import { expectAll, expectEach, type Section } from '../case.ts';
import { getCalls } from '../entry-points/get-calls.ts';
import { imports } from '../entry-points/imports.ts';
import { connectCalls, type Calls } from '../entry-points/connect-calls.ts';

const foundBy = ([one, other]: readonly [string, string]): Calls => [
  ['CreateCustomer', JSON.stringify({ email: one })],
  ['FindCustomerByEmail', JSON.stringify({ email: other })],
];
const create = (email: string): Calls => [['CreateCustomer', JSON.stringify({ email })]];

/** Each pair is one address in two spellings. */
const SAME = [
  ['ada@m\u00fcnchen.example', 'Ada@XN--MNCHEN-3YA.example'],
  ['ada@xn--mnchen-3ya.example', 'ada@M\u00dcNCHEN.example'],
  ['\u03bc\u03b1\u03c2@example.com', '\u039c\u0391\u03a3@example.com'],
  ['\u03bc\u03b1\u03c3@example.com', '\u03bc\u03b1\u03c2@example.com'],
  ['ada@m\u00fcnchen\u3002example', 'ada@mu\u0308nchen.example'],
  ['\uff41\uff44\uff41@example.com', 'ADA@EXAMPLE.COM'],
  ['jose\u0301@example.com', 'jos\u00e9@example.com'],
] as const;

/** Each pair is two different addresses. */
const DIFFERENT = [
  ['stra\u00dfe@example.com', 'strasse@example.com'],
  ['ada@fa\u00df.example', 'ada@fass.example'],
  ['a.da@example.com', 'ada@example.com'],
  ['ada+shop@example.com', 'ada@example.com'],
  ['\u0131da@example.com', 'ida@example.com'],
] as const;

/** Emails that every entry point refuses. */
const REFUSED = [
  'ada',
  'ada@',
  '@example.com',
  'ada@lovelace@example.com',
  'ada\u200b@example.com',
  `${'a'.repeat(309)}@example.com`,
];

export const limits: Section = {
  title: '10. Known limits',
  groups: [
    expectAll(connectCalls, 'created #1; found #1', SAME.map(foundBy)),
    expectAll(connectCalls, 'created #1; not_found: …', DIFFERENT.map(foundBy)),
    expectAll(connectCalls, 'invalid_argument: email: …', REFUSED.map(create)),
    expectAll(
      imports,
      'completed_with_errors: no email; failed 0; 1 invalid_email (field_left_out)',
      REFUSED.map((email) => ({
        customers: [`{"defaultEmailAddress": {"emailAddress": ${JSON.stringify(email)}}}`],
      })),
    ),
    expectEach(imports, [
      [
        { customers: ['{}', '{"defaultEmailAddress": {"emailAddress": "P0@EXAMPLE.com"}}'] },
        'completed: p0@example.com, P0@EXAMPLE.com; failed 0; 1 email_shared (note)',
      ],
    ]),
    expectEach(getCalls, [
      [['GetProgramSettings', '{}'], '200, no-store'],
      [['ListCustomers', '{"pageSize": 10}'], '200, no-store'],
      [['GetRfmDistribution', '{}'], '200, private, max-age=10'],
      [['GetCustomer', '{"customerId": "018f4e1c-0000-7000-8000-00000000000a"}'], '404, no-store'],
      [['GetCustomer', '{"customerId": "x"}'], '400, no-store'],
      [['CreateCustomer', '{"email": "ada@example.com"}'], '405…'],
      [['FindCustomerByEmail', '{"email": "ada@example.com"}'], '405…'],
    ]),
  ],
  specs: [['every read by GET, as by POST', 'apps/api/test/get-calls.spec.ts']],
};
