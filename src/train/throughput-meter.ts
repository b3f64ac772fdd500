/** Pictures per second: of the last step, and of the epoch as far as this process has trained it. */
export interface Clock {
  /** After a step over `pictures`. @returns how many a second it was. */
  count(pictures: number): number;
  total(): { seconds: number; imagesPerSecond: number };
}

export function startClock(): Clock {
  const start = performance.now();
  let last = start;
  let trained = 0;
  return {
    count(pictures) {
      const now = performance.now();
      const rate = (pictures * 1000) / (now - last);
      last = now;
      trained += pictures;
      return rate;
    },
    total() {
      const seconds = (performance.now() - start) / 1000;
      return { seconds, imagesPerSecond: trained / seconds };
    },
  };
}
