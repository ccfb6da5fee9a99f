/* eslint-disable @typescript-eslint/no-non-null-assertion -- the loops keep within the bounds */
/** From this length on, a call into Node's native code is faster; most copies are shorter. */
const LONG = 64;

/** Copies `length` bytes of the input to the end of the output. */
export function copyFrom(input: Buffer, from: number, output: Buffer, end: number, length: number): void {
  if (length >= LONG) {
    input.copy(output, end, from, from + length);
    return;
  }
  for (let n = 0; n < length; n++) output[end + n] = input[from + n]!;
}

/**
 * Appends `length` bytes, copied from `distance` bytes before the end. A distance shorter than the length
 * repeats the copied bytes.
 */
export function copyBack(output: Buffer, end: number, distance: number, length: number): void {
  if (length >= LONG && distance >= length) {
    output.copyWithin(end, end - distance, end - distance + length);
    return;
  }
  for (let n = end; n < end + length; n++) output[n] = output[n - distance]!;
}
