// What the window asks its services, whoever they are. Everything below renderer/ talks to this interface and to nothing else.
import { type InjectionKey, inject } from 'vue';
import type { AnswerOf, AppEvents, ArgsOf, CallName, EventName } from '../../contract/app-api.ts';

export interface Backend {
  /** live: the program's services; recorded: answers kept from a real library, so nothing can be changed or started. */
  readonly kind: 'live' | 'recorded';
  /** Rejects with an UnsmoothError. */
  call<N extends CallName>(name: N, args: ArgsOf<N>): Promise<AnswerOf<N>>;
  /** Where a dropped file or folder lies; empty where that is not known. */
  pathOf(dropped: File): string;
  /** Returns the function that ends it. */
  on<E extends EventName>(event: E, listener: (data: AppEvents[E]) => void): () => void;
}

export const backendKey: InjectionKey<Backend> = Symbol('backend');

export function useBackend(): Backend {
  const backend = inject(backendKey);
  if (!backend) throw new Error('no backend is provided');
  return backend;
}
