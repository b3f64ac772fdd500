/** Images per second of the last step, and of the part of the epoch that this process has trained. */
export interface ThroughputMeter {
  /** Called after a step over `images`. @returns images per second of that step. */
  update(images: number): number;
  compute(): { seconds: number; imagesPerSecond: number };
}

export function startThroughputMeter(): ThroughputMeter {
  const start = performance.now();
  let last = start;
  let trained = 0;
  return {
    update(images) {
      const now = performance.now();
      const rate = (images * 1000) / (now - last);
      last = now;
      trained += images;
      return rate;
    },
    compute() {
      const seconds = (performance.now() - start) / 1000;
      return { seconds, imagesPerSecond: trained / seconds };
    },
  };
}
