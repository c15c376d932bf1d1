// Puts the page together.

import './styles/index.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import { basePath } from './api/base.ts'
import { events } from './api/events.ts'
import { queryClient } from './api/queries.ts'
import { followNews } from './model/news.ts'
import { applySettings } from './parts/settings.ts'
import { router } from './routes.tsx'

applySettings()
followNews(events, queryClient, (apply) => requestAnimationFrame(apply))
// Whoever signs in has nothing to follow yet.
if (location.pathname !== `${basePath}/login`) events.start()
createRoot(document.getElementById('root') as HTMLElement).render(
  <QueryClientProvider client={queryClient}>
    <RouterProvider router={router} />
  </QueryClientProvider>,
)
