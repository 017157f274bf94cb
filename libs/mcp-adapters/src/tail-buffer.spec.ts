import { TailBuffer } from './tail-buffer';

it('keeps exactly the last bytes however they come', () => {
  const tail = new TailBuffer(10);
  for (let i = 0; i < 1_000; i += 1) tail.add(Buffer.from(String(i % 10)));
  expect(tail.text()).toBe('0123456789');
  tail.add(Buffer.from('x'.repeat(50) + 'end'));
  expect(tail.text()).toBe('xxxxxxxend');
});
