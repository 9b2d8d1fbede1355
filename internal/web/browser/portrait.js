// A photograph of nobody.
import { crc32, deflateSync } from 'node:zlib';

// portrait is a PNG with a head before a wall, light or striped.
export function portrait(width, height, wall = () => [238, 240, 241]) {
  const rows = Buffer.alloc(height * (1 + width * 3));
  const skin = [176, 132, 106], coat = [44, 62, 92];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const head = ((x - width / 2) / (0.2 * width)) ** 2 + ((y - 0.42 * height) / (0.2 * height)) ** 2 < 1;
      const body = ((x - width / 2) / (0.42 * width)) ** 2 + ((y - height) / (0.36 * height)) ** 2 < 1;
      rows.set(head ? skin : body ? coat : wall(x, y), y * (1 + width * 3) + 1 + x * 3);
    }
  }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8); // 8 bits, RGB
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}
