// npm run demo: sets everything up, then runs the main job.
import { bootstrap } from './bootstrap.mjs';

await bootstrap();
