// Copies of a signed message, each with one bit changed in what the signature covers.

/** The value of a field that occurs once. */
export const fieldOf = ({ fields }, name) => fields.find(([field]) => field.toLowerCase() === name)?.[1];

/** One bit of the last letter or digit that stays one; undefined if there is none. */
function flipped(text, from = 0) {
  for (let at = text.length - 1; at >= from; at -= 1) {
    const other = String.fromCharCode(text.charCodeAt(at) ^ 1);
    if (/[a-z0-9]/i.test(text[at]) && /[a-z0-9]/i.test(other)) return text.slice(0, at) + other + text.slice(at + 1);
  }
  return undefined;
}

function withField(message, name, change) {
  const fields = message.fields.map(([field, value]) => [field, field.toLowerCase() === name ? change(value) : value]);
  return { ...message, fields };
}

/** The four components that are no fields; undefined where there is nothing to flip a bit of. */
function derived(message) {
  const parts = /^(https?:\/\/)([^/:]+)(:\d+)?([^?]*)(\?.*)?$/;
  const [, scheme, host, port = '', path, query = ''] = parts.exec(message.url);
  const at = (url) => ({ ...message, url });
  return {
    '@method': { ...message, method: flipped(message.method) },
    '@authority': at(`${scheme}${flipped(host)}${port}${path}${query}`),
    '@path': flipped(path) && at(`${scheme}${host}${port}${flipped(path)}${query}`),
    '@query': flipped(query) && at(`${scheme}${host}${port}${path}${flipped(query)}`),
  };
}

function otherSignature(text) {
  const bytes = Buffer.from(/:(.*):/.exec(text)[1], 'base64');
  bytes[40] ^= 1;
  return `pas=:${bytes.toString('base64')}:`;
}

/** `[what was changed, the copy]`: each covered part, each parameter, the list of components, the signature. */
export function oneBitOff(message) {
  const inInput = (change) => withField(message, 'signature-input', change);
  const [, list, parameters] = /^pas=\((.*?)\)(.*)$/.exec(fieldOf(message, 'signature-input'));
  const parts = derived(message);
  const copies = list.split(' ').map((quoted) => {
    const name = quoted.slice(1, -1);
    return [name, name in parts ? parts[name] : withField(message, name, (value) => flipped(value))];
  });
  for (const [parameter, name] of parameters.matchAll(/;([a-z]+)=(?:\d+|"[^"]*")/g)) {
    copies.push([name, inInput((text) => text.replace(parameter, flipped(parameter, name.length + 2)))]);
  }
  copies.push(['the components', inInput((text) => text.replace('@query', '@querx'))]);
  copies.push(['the signature', withField(message, 'signature', otherSignature)]);
  return copies.filter(([, copy]) => copy);
}
