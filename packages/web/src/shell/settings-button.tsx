// What a reader may choose.

import { SlidersHorizontal } from 'lucide-react'
import type { ReactElement } from 'react'
import { DialogTrigger } from 'react-aria-components/Dialog'
import { Button } from '../parts/button.tsx'
import { Choice, Floating } from '../parts/floating.tsx'
import { change, useSettings } from '../parts/settings.ts'

export function SettingsButton(): ReactElement {
  const { theme, times, singleKeys } = useSettings()
  return (
    <DialogTrigger>
      <Button look="bare" dense square aria-label="Settings">
        <SlidersHorizontal size={16} />
      </Button>
      <Floating label="Settings" placement="right bottom">
        <Choice
          label="Theme"
          value={theme}
          choices={[
            ['system', 'System'],
            ['light', 'Light'],
            ['dark', 'Dark'],
          ]}
          onChange={(value) => change({ theme: value })}
        />
        <Choice
          label="Times"
          value={times}
          choices={[
            ['local', 'Local'],
            ['utc', 'UTC'],
          ]}
          onChange={(value) => change({ times: value })}
        />
        <Choice
          label="Keys of one letter"
          value={singleKeys ? 'on' : 'off'}
          choices={[
            ['on', 'On'],
            ['off', 'Off'],
          ]}
          onChange={(value) => change({ singleKeys: value === 'on' })}
        />
      </Floating>
    </DialogTrigger>
  )
}
