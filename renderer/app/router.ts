// The screens and their addresses.
import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/runs' },
  { path: '/runs', name: 'runs', component: () => import('../features/runs/RunsScreen.vue') },
  /** ?from=<run id> starts from that run's recipe; ?preset=<id> from a preset; ?checkpoint=<file> fine-tunes it. */
  { path: '/new-run', name: 'new-run', component: () => import('../features/new-run/NewRunScreen.vue') },
  /** ?tab=charts|checkpoints|recipe|log */
  { path: '/runs/:id', name: 'run', component: () => import('../features/run/RunScreen.vue'), props: true },
  /** ?runs=<id,…>&checkpoints=<file,…> (each encoded) */
  { path: '/compare', name: 'compare', component: () => import('../features/compare/CompareScreen.vue') },
  {
    path: '/checkpoints',
    name: 'checkpoints',
    component: () => import('../features/checkpoints/CheckpointsScreen.vue'),
  },
  { path: '/datasets', name: 'datasets', component: () => import('../features/datasets/DatasetsScreen.vue') },
  { path: '/engines', name: 'engines', component: () => import('../features/engines/EnginesScreen.vue') },
  { path: '/settings', name: 'settings', component: () => import('../features/settings/SettingsScreen.vue') },
  { path: '/about', name: 'about', component: () => import('../features/about/AboutScreen.vue') },
  { path: '/:rest(.*)*', redirect: '/runs' },
];

export const createAppRouter = () => createRouter({ history: createWebHashHistory(), routes });
