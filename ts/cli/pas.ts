#!/usr/bin/env node
/** `pas`: what operators run beside a server. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { ChainHead } from '../audit/chain.js';
import { verifyAuditFiles } from '../audit/verify.js';

const USAGE = `pas secret
    Prints a new master secret: 32 random bytes, base64url.

pas audit verify [--key-file FILE] [--after SEQ:HASH] [--anchor SEQ:HASH]... FILE...
    Verifies hash-chained audit logs, in the order of the chain. Finds any line that was removed, changed or
    moved; with an --anchor that was kept elsewhere also a tail that was cut off, or a chain written anew.

    --key-file   the key the log was written under: raw bytes, or base64url text as pas secret prints it
    --after      where the file before the first one ended
    --anchor     a head that the log must hold

Exit status: 0 verified, 1 a fault was found, 2 wrong usage or an unreadable file.
`;

class Usage extends Error {}

function headOf(text: string): ChainHead {
  const [, seq, hash] = /^(\d{1,15}):([\w-]{43})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined) throw new Usage(`not SEQ:HASH: ${text}`);
  return { seq: Number(seq), hash };
}

async function auditVerify(args: string[]): Promise<number> {
  const { values, positionals: files } = parseArgs({
    args,
    allowPositionals: true,
    options: { 'key-file': { type: 'string' }, after: { type: 'string' }, anchor: { type: 'string', multiple: true } },
  });
  if (files.length === 0) throw new Usage('which file?');
  const found = await verifyAuditFiles(files, {
    ...(values['key-file'] === undefined ? {} : { key: await readFile(values['key-file']) }),
    ...(values.after === undefined ? {} : { after: headOf(values.after) }),
    anchors: (values.anchor ?? []).map(headOf),
  });
  if (!found.ok) {
    console.log(`FAULT ${found.file}, line ${found.line}: ${found.fault}`);
    return 1;
  }
  console.log(`ok: ${found.lines} lines, the last is ${found.head.seq}:${found.head.hash}`);
  if (!values.anchor) console.log('Without an --anchor nobody can tell whether lines were cut off after it.');
  return 0;
}

async function main([command, sub, ...rest]: string[]): Promise<number> {
  if (command === 'secret' && sub === undefined) {
    console.log(randomBytes(32).toString('base64url'));
    return 0;
  }
  if (command === 'audit' && sub === 'verify') return auditVerify(rest);
  if (command === undefined || command === '--help' || command === 'help') {
    console.log(USAGE);
    return 0;
  }
  throw new Usage('no such command');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
