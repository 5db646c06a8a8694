// Our server accepts what independent libraries sign by our profile.
import { test } from 'node:test';
import { librarySigned } from './kit/library-signed.mjs';
import { holds } from './kit/rows.mjs';

test('a library that signs by the profile is a frame like ours', (t) => holds(t, librarySigned));
