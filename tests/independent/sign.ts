/** The signing side: what a frame sends. */
import { type Bytes, utf8 } from './bytes.js';
import { type Component, type HttpRequest, components, signatureBase, signatureParams } from './message.js';
import { type Parameters, serializeBareItem } from './structured-field.js';

export interface SignatureOptions {
  authority: string;
  created: number;
  nonce: string;
  keyid: string;
  tag?: string;
  alg?: string;
  sign(base: Bytes): Bytes;
}

export const parametersOf = ({
  created,
  nonce,
  keyid,
  alg = 'ecdsa-p256-sha256',
  tag = 'pas-1',
}: SignatureOptions): Parameters => [
  ['created', { type: 'integer', value: created }],
  ['nonce', { type: 'string', value: nonce }],
  ['keyid', { type: 'string', value: keyid }],
  ['alg', { type: 'string', value: alg }],
  ['tag', { type: 'string', value: tag }],
];

export interface SignedRequest {
  request: HttpRequest;
  covered: Component[];
  parameters: Parameters;
  base: string;
}

/** The request with both fields at its end. */
export function signRequest(request: HttpRequest, options: SignatureOptions): SignedRequest {
  const covered = components(request, options.authority);
  const parameters = parametersOf(options);
  const base = signatureBase(covered, parameters);
  const signature = serializeBareItem({ type: 'byte-sequence', value: options.sign(utf8(base)) });
  const fields: [string, string][] = [
    ...request.fields,
    ['Signature-Input', `pas=${signatureParams(covered, parameters)}`],
    ['Signature', `pas=${signature}`],
  ];
  return { request: { ...request, fields }, covered, parameters, base };
}
