// A screenshot with 256 colours instead of millions: a third of the size, and the eye sees no difference in a page.
import {deflateSync, inflateSync} from 'node:zlib';

const kSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const kTable = Uint32Array.from({length: 256}, (_, n) => { let c = n; for (let k = 0; k < 8; ++k) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; return c; });

function crc(octets) {
  let sum = 0xffffffff;
  for (const octet of octets) sum = kTable[(sum ^ octet) & 255] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

function chunk(type, body) {
  const out = Buffer.alloc(12 + body.length);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, 'latin1');
  body.copy(out, 8);
  out.writeUInt32BE(crc(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}

/// Width, height and colours of an 8 bit RGB or RGBA file, as 0xRRGGBB.
function decode(file) {
  let width = 0, height = 0, channels = 3;
  const parts = [];
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at), type = file.toString('latin1', at + 4, at + 8), body = file.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') { width = body.readUInt32BE(0); height = body.readUInt32BE(4); channels = body[9] === 6 ? 4 : 3; }
    if (type === 'IDAT') parts.push(body);
    at += 12 + length;
  }
  const raw = inflateSync(Buffer.concat(parts)), stride = width * channels;
  const line = new Uint8Array(stride), colours = new Uint32Array(width * height);
  for (let y = 0; y < height; ++y) {
    const from = y * (stride + 1), filter = raw[from];
    let corner = new Uint8Array(channels);
    for (let x = 0; x < stride; x += channels) {
      const above = line.slice(x, x + channels);
      for (let c = 0; c < channels; ++c) {
        const a = x >= channels ? line[x + c - channels] : 0, b = above[c], d = corner[c];
        const p = a + b - d, pa = Math.abs(p - a), pb = Math.abs(p - b), pd = Math.abs(p - d);
        const guess = [0, a, b, (a + b) >> 1, pa <= pb && pa <= pd ? a : pb <= pd ? b : d][filter];
        line[x + c] = raw[from + 1 + x + c] + guess;
      }
      corner = above;
      colours[y * width + x / channels] = line[x] << 16 | line[x + 1] << 8 | line[x + 2];
    }
  }
  return {width, height, colours};
}

export function withPalette(file) {
  const {width, height, colours} = decode(file);
  const counts = new Map();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  // The most frequent colours, then those far from all that were taken: small signs keep theirs.
  const ranked = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  const distance = (a, b) => Math.abs((a >> 16) - (b >> 16)) + Math.abs((a >> 8 & 255) - (b >> 8 & 255)) + Math.abs((a & 255) - (b & 255));
  const palette = ranked.slice(0, 96);
  for (const spread of [48, 24, 12, 0]) {
    for (const colour of ranked) {
      if (palette.length >= 256) break;
      if (palette.every((one) => distance(one, colour) > spread)) palette.push(colour);
    }
  }
  const nearest = new Map();
  const indexOf = (colour) => {
    let best = nearest.get(colour);
    if (best === undefined) {
      best = palette.reduce((found, one, at) => distance(one, colour) < distance(palette[found], colour) ? at : found, 0);
      nearest.set(colour, best);
    }
    return best;
  };
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; ++y) for (let x = 0; x < width; ++x) rows[y * (width + 1) + 1 + x] = indexOf(colours[y * width + x]);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const table = Buffer.from(palette.flatMap((colour) => [colour >> 16, colour >> 8 & 255, colour & 255]));
  return Buffer.concat([kSignature, chunk('IHDR', head), chunk('PLTE', table), chunk('IDAT', deflateSync(rows, {level: 9, memLevel: 9})), chunk('IEND', Buffer.alloc(0))]);
}
