// What requests are made of.
export const NOW = 1_800_000_000_000;

export const VISIBLE = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at));
export const IN_TARGET = VISIBLE.filter((c) => c !== '#' && c !== '?');
export const TOKEN = [..."!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"];

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'get', 'patch', 'QUERY'];
export const SEGMENTS = [
  '',
  '.',
  '..',
  'a',
  'api',
  '%2F',
  '%2f',
  '%2e',
  '%7E',
  '~',
  'transfer',
  '%c3%a9',
  'a;b=c',
  '.past',
  'pas',
];
export const RESERVED = ['.pas', '%2epas', '.PAS', 'x%2f.pas%2fhello', 'y%5c.pas', '\\.pas'];
export const QUERIES = [
  '?',
  '?a=1',
  '?a=1&a=2',
  '?a=1&a=1',
  '?a[]=',
  '??',
  '?/?',
  '?%3F',
  '?q=%22x%22',
  '?pas_ticket=1',
  '?&&',
  "?'",
];
export const TYPES = [
  'application/json',
  'text/plain;charset=utf-8',
  'multipart/form-data; boundary="a b\\"c"',
  '',
  'x',
  'a/b;  c=d',
  'a\tb',
];
export const ACTIONS = ['transfer', 'delete-account', 'Überweisung', '"\\\u0001', '\u{1f600}'];

/** What people can be asked to consent to. */
export const TEMPLATES = [
  {
    act: 'transfer',
    tier: 'consent',
    method: 'POST',
    path: '/accounts/:from/transfers',
    surface: 'popup',
    fields: {
      from: 'path:from',
      to: 'json:/to',
      amount: 'json:/sum/amount',
      unit: 'json:/sum/unit',
      note: 'query:note',
      urgent: 'json:/urgent',
    },
    text: {
      en: 'Send {amount, currency, unit} from {from} to {to}: {note} {urgent}',
      'de-AT': '{note}{{{urgent}}} {from} {to} {amount, currency, unit}',
    },
  },
  {
    act: 'delete-account',
    tier: 'consent',
    method: 'DELETE',
    path: '/account',
    surface: 'frame',
    fields: {},
    text: { en: 'Delete the account' },
  },
  {
    act: 'book "it"',
    tier: 'verified',
    method: 'PUT',
    path: '/days/:day',
    surface: 'popup',
    fields: { day: 'path:day', n: 'json:' },
    text: { en: '{day, date} {n, number}' },
  },
];

/** Slows down towards the press on a slight arc, as a hand does. */
export const PATH = [
  [0, 0],
  [1, 0],
  [2, 1],
  [4, 1],
  [7, 2],
  [11, 4],
  [16, 5],
  [22, 6],
  [25, 8],
  [24, 9],
  [19, 9],
  [12, 6],
  [6, 4],
];
