// The text in the editor, for tests: read and written as somebody does who sees it. Not a test.

import type { Page } from 'playwright-core'

/** All of it: the editor holds only the lines in sight as elements, and these are all in sight. */
export async function textOf(page: Page): Promise<string> {
  return (await page.getByRole('textbox', { name: 'Flow text' }).locator('.cm-line').allTextContents()).join('\n')
}

/** In place of all that stands there. */
export async function writeText(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Flow text' }).focus()
  await page.keyboard.press('ControlOrMeta+a')
  if (text === '') await page.keyboard.press('Delete')
  else await page.keyboard.insertText(text)
}
