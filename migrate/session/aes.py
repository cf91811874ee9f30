"""AES, the cipher that libsodium leaves out: the library for it is loaded when the first file or onion needs it."""

from __future__ import annotations

_NONCE, _TAG = 12, 16
GCM_OVERHEAD = _NONCE + _TAG


def encrypt_cbc(plain: bytes, key: bytes, iv: bytes) -> bytes:
    """AES-CBC with the padding of PKCS#7."""
    from Crypto.Cipher import AES
    from Crypto.Util.Padding import pad

    return AES.new(key, AES.MODE_CBC, iv).encrypt(pad(plain, AES.block_size))


def decrypt_cbc(sealed: bytes, key: bytes, iv: bytes) -> bytes:
    """The reverse. Raises `ValueError` for bytes that are no such thing; check a signature before, not after."""
    from Crypto.Cipher import AES
    from Crypto.Util.Padding import unpad

    return unpad(AES.new(key, AES.MODE_CBC, iv).decrypt(sealed), AES.block_size)


def seal_gcm(plain: bytes, key: bytes, nonce: bytes) -> bytes:
    """The nonce, and the AES-GCM ciphertext with its tag."""
    from Crypto.Cipher import AES

    sealed, tag = AES.new(key, AES.MODE_GCM, nonce, mac_len=_TAG).encrypt_and_digest(plain)
    return nonce + sealed + tag


def open_gcm(sealed: bytes, key: bytes) -> bytes | None:
    """What `seal_gcm` sealed, or None if it was another key or is damaged."""
    from Crypto.Cipher import AES

    if len(sealed) < GCM_OVERHEAD or len(key) not in AES.key_size:
        return None
    opened = AES.new(key, AES.MODE_GCM, sealed[:_NONCE], mac_len=_TAG)
    try:
        return opened.decrypt_and_verify(sealed[_NONCE:-_TAG], sealed[-_TAG:])
    except ValueError:
        return None
