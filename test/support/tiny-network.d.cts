import type { EngineAddon, NativeCall, NativeImages } from '../../src/native/binding-types';

export type TinyEngine = ConstructorParameters<EngineAddon['Engine']>[0];
export function tinyEngine(changes?: Partial<TinyEngine>): TinyEngine;
export function tinyImages(
  count?: number,
  changes?: Partial<NativeImages & NativeCall>,
): NativeImages & NativeCall;
