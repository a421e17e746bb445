// What a call and an event between the window and its services are. It knows none of them.
import type { z } from 'zod';

/** One call: its argument's schema, and the type of its answer. */
export interface Call<A extends z.ZodType = z.ZodType, R = unknown> {
  readonly args: A;
  /** Only a type; there is no value. */
  readonly result?: R;
}

/** `call(schema).returns<T>()`: the schema guards the services, the answer is trusted. */
export const call = <A extends z.ZodType>(args: A) => ({ returns: <R>(): Call<A, R> => ({ args }) });
