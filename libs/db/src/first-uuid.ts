/** Before every id: where pages in the order of ids begin. */
export const FIRST_UUID = '00000000-0000-0000-0000-000000000000';
