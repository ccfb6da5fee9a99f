// The specs of the whole are no library: nothing is given away.
export {};
