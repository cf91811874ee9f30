// What a browser's own check of an Ed25519 signature leaves open: whether a key or the first half of a signature is a
// point that all programs judge alike, and which Session ID a key has. docs/statement.md, section 6. Only public things
// are computed here, so it need not take the same time for each of them.
"use strict";

const decampEd25519 = (() => {
  const P = (1n << 255n) - 19n;
  const ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;
  const mod = (number) => ((number % P) + P) % P;
  const power = (base, exponent) => {
    let result = 1n;
    for (base = mod(base); exponent; exponent >>= 1n, base = (base * base) % P) {
      if (exponent & 1n) result = (result * base) % P;
    }
    return result;
  };
  const inverse = (number) => power(number, P - 2n);
  const D = mod(-121665n * inverse(121666n));
  const littleEndian = (bytes) => bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

  /** The point that these 32 bytes are the one encoding of, or null. */
  function pointOf(bytes) {
    const number = littleEndian(bytes), sign = number >> 255n, y = number & ((1n << 255n) - 1n);
    if (y >= P) return null;
    const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
    let x = power(square, (P + 3n) / 8n);
    if (mod(x * x - square)) x = mod(x * power(2n, (P - 1n) / 4n));
    if (mod(x * x - square) || (!x && sign)) return null;
    if ((x & 1n) !== sign) x = P - x;
    return { x, y, z: 1n, t: mod(x * y) };
  }

  function sum(p, q) {
    const a = mod((p.y - p.x) * (q.y - q.x)), b = mod((p.y + p.x) * (q.y + q.x));
    const c = mod(2n * D * p.t * q.t), d = mod(2n * p.z * q.z);
    const e = b - a, f = d - c, g = d + c, h = b + a;
    return { x: mod(e * f), y: mod(g * h), z: mod(f * g), t: mod(e * h) };
  }

  const isNothing = (p) => p.x === 0n && p.y === p.z;

  function hasPrimeOrder(point) {
    if (point === null || isNothing(point)) return false;
    let product = { x: 0n, y: 1n, z: 1n, t: 0n };
    for (let bit = 252n; bit >= 0n; bit--) {
      product = sum(product, product);
      if ((ORDER >> bit) & 1n) product = sum(product, point);
    }
    return isNothing(product);
  }

  /** True for the one encoding of a point of the prime-order group. */
  const isKey = (bytes) => hasPrimeOrder(pointOf(bytes));

  /** The Session ID of a key: its point on the curve that messages are encrypted with, step 2. */
  function owner(key) {
    if (!isKey(key)) return null;
    const point = pointOf(key);
    const hex = mod((1n + point.y) * inverse(1n - point.y)).toString(16).padStart(64, "0");
    return `05${hex.match(/../g).reverse().join("")}`;
  }

  return { ORDER, littleEndian, isKey, owner };
})();
