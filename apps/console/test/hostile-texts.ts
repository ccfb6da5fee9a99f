/** Parts of markup that a browser would run, load or show if a text became a part of the document. */
const PARTS = [
  '<script>window.ran=1</script>',
  '<img src=x onerror=window.ran=1>',
  '<svg onload=window.ran=1>',
  '<iframe srcdoc="<script>parent.ran=1</script>">',
  '</title><script>window.ran=1</script>',
  '"><b id=markup>',
  "' onfocus=window.ran=1 autofocus '",
  'javascript:window.ran=1',
  '<style>*{display:none}</style>',
  '<base href=//evil.example.com>',
  '<math><mi//xlink:href="data:x,<script>window.ran=1</script>">',
  '{{constructor.constructor("window.ran=1")()}}',
  '${window.ran=1}',
  '&lt;script&gt;',
  '<!--',
  ']]>',
  '\u202e\u2066',
  '\u0000\ufffd',
  '<plaintext>',
  '<template><img src=x onerror=window.ran=1></template>',
  '%3Cb%3E',
  '<a href="javascript:window.ran=1">',
  'a'.repeat(300),
  '\u{1f469}\u200d\u{1f680}',
];

/** Returns texts of two to five parts each. @param random numbers from 0 to 1 */
export function hostileTexts(count: number, random: () => number): string[] {
  const pick = () => PARTS[Math.floor(random() * PARTS.length)] ?? '';
  return Array.from({ length: count }, (_, n) => {
    const parts = Array.from({ length: 2 + Math.floor(random() * 4) }, pick);
    return `${n} ${parts.join(random() < 0.5 ? '' : ' ')}`;
  });
}
