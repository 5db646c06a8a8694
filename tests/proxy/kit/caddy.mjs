// The Caddy of the documentation, on loopback ports.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caddy } from './installed.mjs';
import { onFreePorts, rewritten, startProcess } from './process.mjs';

const template = readFileSync(new URL('./Caddyfile', import.meta.url), 'utf8');

/** Keeps it to the loopback address and away from the system's trust store. */
const globals = (https, http) => `{
	admin off
	http_port ${http}
	https_port ${https}
	default_bind 127.0.0.1
	servers {
		protocols h1 h2
	}
}
`;

/** `edits` are `[from, to]` in the documented text; `appPorts` are upstream servers of the app. */
export async function startCaddy(t, { appPorts, signPort, certificate, edits = [] }) {
  return onFreePorts(2, async (https, http) => {
    const folder = mkdtempSync(join(certificate.folder, 'caddy-'));
    const site = rewritten(rewritten(template, edits), [
      ['/etc/ssl/example.com.pem', certificate.cert],
      ['/etc/ssl/example.com.key', certificate.key],
      ['127.0.0.1:3000', appPorts.map((port) => `127.0.0.1:${port}`).join(' ')],
      ['127.0.0.1:3001', `127.0.0.1:${signPort}`],
    ]);
    const config = join(folder, 'Caddyfile');
    writeFileSync(config, globals(https, http) + site);
    const server = await startProcess(caddy.path, ['run', '--config', config, '--adapter', 'caddyfile'], {
      ready: /serving initial configuration/,
      env: { HOME: folder, XDG_DATA_HOME: join(folder, 'data'), XDG_CONFIG_HOME: join(folder, 'config') },
    });
    // Without waiting for connections that browsers keep.
    t.after(() => server.stop('SIGQUIT'));
    return { https, http, log: server.log };
  });
}
