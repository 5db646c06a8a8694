/** What an interaction proof is bound to. */
import { type Bytes, sha256, utf8 } from './bytes.js';
import { canonicalize } from './json.js';
import { splitTarget } from './message.js';

export function actionHash(action: string, digest: string, method: string, target: string): Bytes {
  const { path, query } = splitTarget(target);
  return sha256(utf8(canonicalize({ a: action, d: digest, m: method, u: path + query }))).subarray(0, 16);
}
