/** The bytes of TensorBoard's event files: protocol buffers of `tensorflow.Event` in TFRecord frames. */
import { maskedCrc32c } from './crc32c.js';

/** Numbers by tag, measured at one moment. */
export interface Scalars {
  /** Seconds since 1970. */
  time: number;
  step: number;
  values: readonly (readonly [tag: string, value: number])[];
}

// Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 };
const SUMMARY = { value: 1 };
const VALUE = { tag: 1, simpleValue: 2 };
const SESSION_LOG = { status: 1 };
const SESSION_START = 1;

/** The first event of every file; TensorBoard reads no file without it. */
export const versionEvent = (time: number): Buffer =>
  frame([double(EVENT.wallTime, time), bytes(EVENT.fileVersion, Buffer.from('brain.Event:2'))]);

/** A TensorBoard that shows the folder already drops all that it has read of earlier files when it comes to this. */
export const restartEvent = (time: number): Buffer =>
  frame([
    double(EVENT.wallTime, time),
    varint(EVENT.step, 0),
    bytes(EVENT.sessionLog, varint(SESSION_LOG.status, SESSION_START)),
  ]);

export const scalarsEvent = ({ time, step, values }: Scalars): Buffer =>
  frame([
    double(EVENT.wallTime, time),
    varint(EVENT.step, step),
    bytes(EVENT.summary, ...values.map(summaryValue)),
  ]);

const summaryValue = ([tag, value]: readonly [string, number]): Buffer =>
  bytes(SUMMARY.value, bytes(VALUE.tag, Buffer.from(tag)), float(VALUE.simpleValue, value));

/** Length, its checksum, the data, its checksum; little endian. */
function frame(fields: readonly Uint8Array[]): Buffer {
  const data = Buffer.concat(fields);
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(data.length));
  head.writeUInt32LE(maskedCrc32c(head.subarray(0, 8)), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(maskedCrc32c(data));
  return Buffer.concat([head, data, tail]);
}

// Wire types of protocol buffers.
const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

const key = (field: number, wireType: number): number => (field << 3) | wireType;

function varint(field: number, value: number): Buffer {
  return Buffer.of(key(field, VARINT), ...varintBytes(value));
}

function double(field: number, value: number): Buffer {
  const buffer = Buffer.alloc(9);
  buffer[0] = key(field, FIXED64);
  buffer.writeDoubleLE(value, 1);
  return buffer;
}

function float(field: number, value: number): Buffer {
  const buffer = Buffer.alloc(5);
  buffer[0] = key(field, FIXED32);
  buffer.writeFloatLE(value, 1);
  return buffer;
}

function bytes(field: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(key(field, LENGTH), ...varintBytes(length)), ...parts]);
}

/** Seven bits a byte, the lowest first. By division: steps may exceed the 32 bits of shifts. */
function varintBytes(value: number): number[] {
  const found: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) found.push((rest % 128) | 128);
  found.push(rest);
  return found;
}
