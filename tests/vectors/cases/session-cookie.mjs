// Which session a request's cookies name: for the key that signed, or without one.
import { secrets } from '../deployment.mjs';

export const about =
  '`fields` are the values of the `Cookie` fields; `keyid` is the key that signed, if one did. `tag` and ' +
  '`session`, the SHA-256 of the secret, are what the store is asked for. The users are one, two and three, of the ' +
  'deployment of request.json.';

export function cases({ base64url, keyPair, sha256, userTag, utf8, writeCredential }) {
  const make = (userId) => writeCredential(userTag(secrets, userId), sha256(utf8(`secret of ${userId}`)));
  const [one, two, three] = ['one', 'two', 'three'].map(make);
  const { keyid } = keyPair(sha256(utf8('session cookie')));
  const own = `__Host-pas-${keyid.slice(0, 8)}`;
  const other = '__Host-pas-AAAAAAAA';
  const plain = (name, ...fields) => ({ name, fields });
  const keyed = (name, ...fields) => ({ name: `with a key: ${name}`, keyid, fields });
  const bad = (made) => ({ ...made, code: 'ERR_SESSION_MISSING' });
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const spare = (text) => text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)) + 1];
  const [, tag, secret] = one.split('.');
  const malformed = [
    ['empty', ''], ['no version', `${tag}.${secret}`], ['another version', `2.${tag}.${secret}`],
    ['version 01', `01.${tag}.${secret}`], ['no tag', `1..${secret}`], ['no secret', `1.${tag}.`],
    ['no dots', one.replaceAll('.', '')], ['a tag of five bytes', `1.${tag.slice(0, 7)}.${secret}`],
    ['a tag of seven bytes', `1.${tag}AA.${secret}`],
    ['a secret of 31 bytes', `1.${tag}.${base64url(Buffer.alloc(31))}`],
    ['a secret of 33 bytes', `1.${tag}.${base64url(Buffer.alloc(33))}`], ['padding', `${one}=`],
    ['set bits after the last byte', `1.${tag}.${spare(secret)}`],
    ['the alphabet of base64', `1.${'+'.repeat(8)}.${secret}`],
    ['quotes', `"${one}"`], ['a fourth part', `${one}.AA`], ['a space inside', one.replace('1.', '1. ')],
    ['percent-encoding', one.replace('.', '%2E')], ['tag and secret exchanged', `1.${secret}.${tag}`],
  ];
  return [
    plain('the first account', `__Host-pas=${one}`),
    plain('among others', `a=b; __Host-pas=${one}; c=d`),
    plain('no space between', `a=b;__Host-pas=${one};c=d`),
    plain('whitespace around', ` \t__Host-pas=${one} \t; a=b`),
    plain('in the second of two fields', 'a=b', `__Host-pas=${one}`),
    plain('with a further account, the first', `__Host-pas=${one}; ${other}=${two}`),
    plain('the only further account', `${other}=${two}`),
    plain('the only well-formed further account', `${other}=${two}; ${own}=x`),
    plain('a further account with a longer name is none', `${other}A=${three}; ${other}=${two}`),
    plain(
      'names that only begin alike',
      `__Host-pas=${one}; __Host-passport=x; __Host-pas-enrol=${two}; __host-pas=${three}`,
    ),
    plain('pairs without =', `a; __Host-pas=${one}; b`),
    plain('the value may hold =, elsewhere', `a==; __Host-pas=${one}`),
    keyed('its own cookie', `${own}=${two}`),
    keyed('its own before the first account\'s', `__Host-pas=${one}; ${own}=${two}`),
    keyed('the first account\'s', `__Host-pas=${one}`),
    keyed('not that of another', `__Host-pas=${one}; ${other}=${two}`),
    keyed('another one may be doubled', `${other}=${two}; ${other}=${three}; ${own}=${one}`),
    bad(plain('no cookie')),
    bad(plain('other cookies', 'a=b; c=d')),
    bad(plain('doubled', `__Host-pas=${one}; __Host-pas=${one}`)),
    bad(plain('doubled, over two fields', `__Host-pas=${one}`, `__Host-pas=${two}`)),
    bad(plain('doubled, one of them empty', `__Host-pas=; __Host-pas=${one}`)),
    bad(plain('two further accounts', `${other}=${two}; ${own}=${three}`)),
    bad(plain('one further account, doubled', `${other}=${two}; ${other}=${two}`)),
    bad(plain('small letters in the name', `__host-pas=${one}`)),
    bad(plain('a comma for a semicolon', `a=b, __Host-pas=${one}`)),
    bad(plain('a space before =', `__Host-pas =${one}`)),
    bad(plain('a space after =', `__Host-pas= ${one}`)),
    bad(plain('the enrolment ticket only', `__Host-pas-enrol=${one}`)),
    bad(plain('a malformed first account hides a further one', `__Host-pas=x; ${other}=${two}`)),
    ...malformed.map(([name, value]) => bad(plain(name, `__Host-pas=${value}`))),
    bad(keyed('no cookie')),
    bad(keyed('only that of another', `${other}=${two}`)),
    bad(keyed('its own, doubled', `${own}=${two}; ${own}=${two}`)),
    bad(keyed('the first account\'s, doubled', `__Host-pas=${one}; __Host-pas=${two}; ${own}=${three}`)),
    bad(keyed('its own, malformed', `__Host-pas=${one}; ${own}=x`)),
    bad(keyed('the first account\'s, malformed', '__Host-pas=x')),
  ];
}

export function check({ fields, keyid }, { onlySession, readCookies, selectSession }) {
  const cookies = readCookies(fields);
  const { tag, id } = keyid === undefined ? onlySession(cookies) : selectSession(cookies, keyid);
  return { tag, session: id };
}
