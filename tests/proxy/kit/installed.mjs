// Which proxies are there. nginx is required; not every distribution has Caddy.
import { spawnSync } from 'node:child_process';

/** The first of these paths that starts, and what it says of its version. */
function found(paths, argument) {
  for (const path of paths) {
    const { status, stdout, stderr } = spawnSync(path, [argument], { encoding: 'utf8' });
    if (status === 0) return { path, version: (stdout || stderr).trim() };
  }
  return undefined;
}

/** /usr/sbin is on the path of root only. */
export const nginx = found(['nginx', '/usr/sbin/nginx'], '-v');
export const caddy = found(['caddy'], 'version');
