// One call of the window, from what arrived to what goes back: the name must be known, the arguments must fit, an error is data.
import { type AppApi, type CallName, calls, type Wire } from '../contract/app-api.ts';
import { UnsmoothError } from '../contract/errors.ts';
import { parseRecipe } from '../contract/recipe.ts';

const isCall = (name: unknown): name is CallName => typeof name === 'string' && Object.hasOwn(calls, name);

/** Throws RECIPE_INVALID with problems at the recipe's own fields where that is what does not fit, USAGE otherwise. */
function checked(name: CallName, args: unknown): unknown {
  const found = calls[name].args.safeParse(args);
  if (found.success) return found.data;
  const problems = found.error.issues.map((i) => ({ where: i.path.join('.'), message: i.message }));
  if (problems.every((p) => /^recipe(\.|$)/.test(p.where)) && typeof args === 'object' && args && 'recipe' in args)
    parseRecipe(args.recipe);
  const what = problems.map((p) => [p.where, p.message].filter(Boolean).join(': ')).join('; ');
  throw new UnsmoothError('USAGE', `${name} was given what it does not take: ${what}`, '', problems);
}

/** Never rejects. `failed` hears of errors that are nobody's fault but the program's. */
export async function answerCall(
  api: AppApi,
  name: unknown,
  args: unknown,
  failed: (error: UnsmoothError) => void,
): Promise<Wire<unknown>> {
  try {
    if (!isCall(name)) throw new UnsmoothError('USAGE', `there is no call ${String(name).slice(0, 100)}`);
    const service = api[name] as (args: unknown) => unknown;
    return { ok: true, value: await service(checked(name, args)) };
  } catch (e) {
    const error = UnsmoothError.from(e);
    if (error.code === 'INTERNAL') failed(error);
    return { ok: false, error: error.toData() };
  }
}
