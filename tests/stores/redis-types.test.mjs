// The types of the Redis driver fit those of the clients.
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { must } from '../../tools/run.mjs';

test('clients fit as their libraries type them', async () => {
  const file = fileURLToPath(new URL('./redis-types.ts', import.meta.url));
  const options = ['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck'];
  const modules = ['--target', 'es2022', '--module', 'nodenext', '--moduleResolution', 'nodenext', '--types', 'node'];
  await must('tsc', [...options, ...modules, file], { capture: true });
});
