import type { Dataset } from '../../src/index';

export interface MemoryDatasetOptions {
  classes?: readonly string[];
  /** Called before an image is handed out. */
  onRead?: (index: number) => void;
}

/** Small images of one color each, their labels in turn. */
export function memoryDataset(length: number, options: MemoryDatasetOptions = {}): Dataset {
  const { classes = ['a', 'b'], onRead } = options;
  return {
    length,
    classes,
    label: (index) => index % classes.length,
    image: async (index) => {
      onRead?.(index);
      return { data: new Uint8Array(4 * 4 * 3).fill(index * 40), height: 4, width: 4 };
    },
  };
}
