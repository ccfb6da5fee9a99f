/** Saves a file as a click on a download link does. */
export function saveFile(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has read the address of the file by the next task.
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}
