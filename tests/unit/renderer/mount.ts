// What a component finds around it in a test: the real stores, component library and routes, and a backend that answers from a table.
import { type ComponentMountingOptions, flushPromises, mount } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import type { Component } from 'vue';
import { createRouter, createWebHashHistory, type RouteRecordRaw, RouterView } from 'vue-router';
import type { AppApi, AppEvents, ArgsOf, CallName, EventName } from '../../../contract/app-api.ts';
import { UnsmoothError } from '../../../contract/errors.ts';
import { defaultSettings } from '../../../contract/saved/settings.ts';
import { routes } from '../../../renderer/app/router.ts';
import { createAppVuetify } from '../../../renderer/app/vuetify.ts';
import { type Backend, backendKey } from '../../../renderer/backend/backend.ts';

export type Answers = { [N in CallName]?: (args: ArgsOf<N>) => ReturnType<AppApi[N]> };

/** A backend that does what `answers` says, refuses the rest, and keeps what was asked. */
export function tableBackend(answers: Answers = {}) {
  const asked: { name: CallName; args: unknown }[] = [];
  const listeners = new Map<EventName, Set<(data: never) => void>>();
  const backend: Backend = {
    kind: 'live',
    async call<N extends CallName>(name: N, args: ArgsOf<N>) {
      asked.push({ name, args });
      const answer = answers[name] as ((a: ArgsOf<N>) => never) | undefined;
      if (!answer) throw new UnsmoothError('INPUT_INVALID', `${name} has no answer in this test`);
      return answer(args);
    },
    pathOf: (dropped) => `/dropped/${dropped.name}`,
    on(event, listener) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set.add(listener as (data: never) => void));
      return () => set.delete(listener as (data: never) => void);
    },
  };
  const emit = <E extends EventName>(event: E, data: AppEvents[E]) => {
    for (const listener of listeners.get(event) ?? []) listener(data as never);
  };
  return { backend, asked, emit, names: () => asked.map((a) => a.name) };
}

const nothing = { render: () => null };

/**
 * Mounts into the document, with the route at `at` and a fresh store. With `screen` the component is the screen of that route;
 * other routes show nothing.
 */
export async function mountAt<C extends Component>(
  component: C,
  { backend, at = '/runs', props, screen = false }: MountOptions,
) {
  lacking();
  const pinia = createPinia();
  setActivePinia(pinia);
  const router = createRouter({ history: createWebHashHistory(), routes: [] });
  const path = at.split('?')[0];
  for (const route of routes)
    router.addRoute(
      'component' in route
        ? ({ ...route, component: screen && route.path === path ? component : nothing } as RouteRecordRaw)
        : route,
    );
  await router.push(at);
  const options: ComponentMountingOptions<unknown> = {
    attachTo: document.body,
    props,
    global: {
      plugins: [pinia, router, createAppVuetify(undefined, defaultSettings)],
      provide: { [backendKey]: backend },
    },
  };
  const wrapper = mount((screen ? RouterView : component) as never, options as never);
  await flushPromises();
  return { wrapper, router, pinia };
}

interface MountOptions {
  backend: Backend;
  at?: string;
  props?: Record<string, unknown>;
  screen?: boolean;
}

/** What a browser has and happy-dom has not. */
function lacking(): void {
  if (!window.visualViewport)
    Object.defineProperty(window, 'visualViewport', {
      value: Object.assign(new EventTarget(), { width: 1024, height: 768, offsetLeft: 0, offsetTop: 0, scale: 1 }),
    });
}
