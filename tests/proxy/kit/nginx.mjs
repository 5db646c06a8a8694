// The nginx of the documentation, on loopback ports.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { nginx } from './installed.mjs';
import { onFreePorts, rewritten, startProcess } from './process.mjs';

const template = readFileSync(new URL('./nginx.conf', import.meta.url), 'utf8');

/** What a distribution's nginx.conf has around the file of a site. */
function surrounded(site, folder) {
  // Started as root, its workers would be another user, who can't write to the folder.
  const user = userInfo();
  return `${user.uid === 0 ? `user ${user.username};` : ''}
daemon off;
pid ${folder}/nginx.pid;
error_log stderr notice;
worker_processes 1;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  scgi_temp_path ${folder}/scgi;
  uwsgi_temp_path ${folder}/uwsgi;
  include ${folder}/site.conf;
}
`;
}

/** `edits` are `[from, to]` in the documented text; `appPorts` are upstream servers of the app. */
export async function startNginx(t, { appPorts, signPort, certificate, edits = [] }) {
  return onFreePorts(2, async (https, http) => {
    const folder = mkdtempSync(join(certificate.folder, 'nginx-'));
    const site = rewritten(rewritten(template, edits), [
      ['listen 443', `listen 127.0.0.1:${https}`],
      ['listen 80', `listen 127.0.0.1:${http}`],
      ['/etc/ssl/example.com.pem', certificate.cert],
      ['/etc/ssl/example.com.key', certificate.key],
      ['server 127.0.0.1:3000;', appPorts.map((port) => `server 127.0.0.1:${port};`).join(' ')],
      ['server 127.0.0.1:3001;', `server 127.0.0.1:${signPort};`],
    ]);
    writeFileSync(join(folder, 'site.conf'), site);
    writeFileSync(join(folder, 'nginx.conf'), surrounded(site, folder));
    const args = ['-p', folder, '-c', join(folder, 'nginx.conf')];
    const server = await startProcess(nginx.path, args, { ready: /start worker process \d/ });
    t.after(() => server.stop());
    return { https, http, log: server.log };
  });
}
