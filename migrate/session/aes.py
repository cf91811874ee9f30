"""AES, the cipher that libsodium leaves out: the library for it is loaded when the first file or avatar needs it."""

from __future__ import annotations

_BLOCK_BITS = 128
GCM_OVERHEAD = 12 + 16


def encrypt_cbc(plain: bytes, key: bytes, iv: bytes) -> bytes:
    """AES-CBC with the padding of PKCS#7."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    padder = PKCS7(_BLOCK_BITS).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def decrypt_cbc(sealed: bytes, key: bytes, iv: bytes) -> bytes:
    """The reverse. Raises `ValueError` for bytes that are no such thing; check a signature before, not after."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(_BLOCK_BITS).unpadder()
    return unpadder.update(decryptor.update(sealed) + decryptor.finalize()) + unpadder.finalize()


def seal_gcm(plain: bytes, key: bytes, nonce: bytes) -> bytes:
    """The nonce, and the AES-GCM ciphertext with its tag."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def open_gcm(sealed: bytes, key: bytes) -> bytes | None:
    """What `seal_gcm` sealed, or None if it was another key or is damaged."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(sealed) < GCM_OVERHEAD or len(key) not in (16, 24, 32):
        return None
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], None)
    except InvalidTag:
        return None
