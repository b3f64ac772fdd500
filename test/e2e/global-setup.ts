/** The tests of pages need a browser. */
import { installChromium } from '../support/chromium';

export default function setUp(): void {
  installChromium();
}
