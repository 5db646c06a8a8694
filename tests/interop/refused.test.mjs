// Well-signed messages of RFC 9421 that are not of our profile: the libraries verify them, we refuse them.
import { test } from 'node:test';
import { ALIKE } from './kit/alike-cases.mjs';
import { REFUSED } from './kit/refused-cases.mjs';
import { judge } from './kit/refused.mjs';
import { holds } from './kit/rows.mjs';

const judged = (cases) => (t) => holds(t, (scope, peers) => judge(scope, peers, cases));

test('what is well signed and not of our profile is refused', judged(REFUSED));

test('other spellings of the same message are accepted', judged(ALIKE));
