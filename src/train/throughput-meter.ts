/** Images per second: of the last step, and of the epoch as far as this process has trained it. */
export interface Clock {
  /** After a step over `images`. @returns how many a second it was. */
  count(images: number): number;
  total(): { seconds: number; imagesPerSecond: number };
}

export function startClock(): Clock {
  const start = performance.now();
  let last = start;
  let trained = 0;
  return {
    count(images) {
      const now = performance.now();
      const rate = (images * 1000) / (now - last);
      last = now;
      trained += images;
      return rate;
    },
    total() {
      const seconds = (performance.now() - start) / 1000;
      return { seconds, imagesPerSecond: trained / seconds };
    },
  };
}
