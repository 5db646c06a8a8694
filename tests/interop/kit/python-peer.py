"""Signs and verifies with PyPI's http-message-signatures: one JSON request a line in, one JSON answer a line out.

A message is {"method", "url", "fields": [[name, value], ...]}. Every byte of the signature base is the library's.
"""

import datetime
import json
import sys
from collections import OrderedDict

from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, MappingKeyResolver, algorithms

ALGORITHMS = {
    algorithm.algorithm_id: algorithm
    for algorithm in (
        algorithms.ECDSA_P256_SHA256,
        algorithms.ED25519,
        algorithms.HMAC_SHA256,
        algorithms.RSA_PSS_SHA512,
    )
}


class Fields:
    """Field lines in wire order, doubled ones apart, as the library asks for them."""

    def __init__(self, lines):
        self.lines = [tuple(line) for line in lines]

    def items(self):
        return list(self.lines)

    def __iter__(self):
        return iter([name for name, _ in self.lines])

    def __contains__(self, name):
        return any(other.lower() == name.lower() for other, _ in self.lines)

    def __setitem__(self, name, value):
        self.lines.append((name, value))

    def __delitem__(self, name):
        self.lines = [line for line in self.lines if line[0].lower() != name.lower()]


class Message:
    def __init__(self, method, url, fields):
        self.method = method
        self.url = url
        self.headers = Fields(fields)


def ordered(parameters):
    """A signer that writes these parameters, in this order; the library's own order is fixed."""

    class OrderedSigner(HTTPMessageSigner):
        def _build_signature_base(self, message, *, signature_params, **rest):
            return super()._build_signature_base(message, signature_params=OrderedDict(parameters), **rest)

    return OrderedSigner


def sign(message, *, alg, keyid, key, label, components, parameters):
    signed = Message(**message)
    resolver = MappingKeyResolver(public_keys={}, private_keys={keyid: key.encode()})
    ordered(parameters)(signature_algorithm=ALGORITHMS[alg], key_resolver=resolver).sign(
        signed,
        key_id=keyid,
        label=label,
        covered_component_ids=components,
        append_if_signature_exists=True,
        # The digest that is there is signed as it is; the library only looks at its form.
        use_existing_digest="content-digest" in signed.headers,
    )
    return {"fields": signed.headers.items()}


def verify(message, *, alg, keys, tag=None, skew=None, content=None):
    resolver = MappingKeyResolver(
        public_keys={keyid: key.encode() for keyid, key in keys.items()}, private_keys={}
    )
    verifier = HTTPMessageVerifier(signature_algorithm=ALGORITHMS[alg], key_resolver=resolver)
    if skew is not None:
        verifier.max_clock_skew = datetime.timedelta(seconds=skew)
    body = None if content is None else bytes.fromhex(content)
    verifier.verify(Message(**message), expect_tag=tag, body=body)
    return {}


def answer(line):
    request = json.loads(line)
    try:
        return {"sign": sign, "verify": verify}[request.pop("do")](request.pop("message"), **request)
    except Exception as error:  # A refusal is an answer, whatever its type.
        return {"refused": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    print(json.dumps(answer(line)), flush=True)
