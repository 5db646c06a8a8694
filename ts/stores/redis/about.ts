/** Whether a server can keep what this store promises. */
import { PartitionedAuthorityError } from '../../shared/errors.js';

/** What a primary says of itself. */
export interface Primary {
  version: string;
  /** What it does when its memory is full. */
  maxmemoryPolicy: string;
}

const OLDEST = [6, 2] as const;

/** Reads `INFO`; throws `ERR_CONFIG_INVALID` with words for the operator. */
export function primary([server, memory, replication]: readonly string[], evictionAccepted: boolean): Primary {
  const field = (text: string | undefined, name: string) =>
    new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text ?? '')?.[1] ?? '';
  const version = field(server, 'redis_version');
  const maxmemoryPolicy = field(memory, 'maxmemory_policy');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (!(major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]))) {
    throw invalid(`Redis ${OLDEST.join('.')} or later is needed, and this is ${version || 'of no known version'}`);
  }
  const role = field(replication, 'role');
  if (role !== 'master') throw invalid(`the client is to be connected to a primary, and this is a ${role || 'nobody'}`);
  if (!/^[0-9a-f]{40}$/.test(field(replication, 'master_replid'))) {
    throw invalid('INFO tells no master_replid: it could not be seen whether writes were lost');
  }
  if (maxmemoryPolicy !== 'noeviction' && !evictionAccepted) {
    throw invalid(
      `maxmemory-policy must be noeviction, and is ${maxmemoryPolicy || 'not told'}: a server that evicts ends ` +
        "sessions at random. Set it, or accept that with accept: ['eviction']",
    );
  }
  return { version, maxmemoryPolicy };
}

export const invalid = (message: string, options?: { cause: unknown }) =>
  new PartitionedAuthorityError('ERR_CONFIG_INVALID', message, options);
