// The recipe that is being written: it survives going elsewhere and back. The text is the truth; the form is a view of it.
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import type { Problem } from '../../../contract/errors.ts';
import { same } from './fields.ts';
import { readRecipeText, type TextProblem, type Tree, valueAt, withField, withLines } from './recipe-text.ts';

export const useDraft = defineStore('draft', () => {
  const text = ref('');
  /** As it was when it was opened; null before anything was. */
  const opened = ref<string | null>(null);
  /** Where it comes from: a preset's id, or words. */
  const origin = ref<{ preset: string } | { title: string } | null>(null);
  /** What the services said of a text when it was to be started. */
  const refused = shallowRef<{ text: string; problems: readonly Problem[] } | null>(null);
  const read = computed(() => readRecipeText(text.value));
  /** The last tree that could be read: what the form shows while the text is broken. */
  let lastTree: Tree = {};
  const tree = computed((): Tree => {
    if (read.value.tree) lastTree = read.value.tree;
    return lastTree;
  });
  const problems = computed((): TextProblem[] => {
    if (read.value.problems.length > 0) return read.value.problems;
    return refused.value?.text === text.value ? withLines(text.value, refused.value.problems) : [];
  });
  return {
    text,
    opened,
    origin,
    refused,
    tree,
    problems,
    recipe: computed(() => read.value.recipe),
    readable: computed(() => read.value.tree !== null),
    changed: computed(() => opened.value !== null && text.value !== opened.value),
    open(newText: string, from: { preset: string } | { title: string }): void {
      text.value = newText;
      opened.value = newText;
      origin.value = from;
      refused.value = null;
    },
    /** A default that is not in the text is left out of it. */
    set(path: string, value: unknown, fallback: unknown): void {
      if (read.value.tree === null) return;
      const stands = valueAt(read.value.tree, path) !== undefined;
      if (!stands && same(value, fallback)) return;
      text.value = withField(text.value, path, value);
    },
    reset(path: string): void {
      if (read.value.tree !== null) text.value = withField(text.value, path, undefined);
    },
  };
});
