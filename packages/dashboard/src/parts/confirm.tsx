import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { describeError } from './problem.tsx'

interface ConfirmProps {
  readonly title: string
  readonly children: ComponentChildren
  /** What the button says that does it. */
  readonly action: string
  readonly perform: () => Promise<void>
  readonly close: () => void
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, children, action, perform, close }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const [isBusy, setBusy] = useState(false)
  useEffect(() => dialog.current?.showModal(), [])

  const confirm = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    try {
      await perform()
      dialog.current?.close()
    } catch (error) {
      setProblem(describeError(error))
      setBusy(false)
    }
  }

  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" onClose={close}>
      <form onSubmit={confirm}>
        <h2 id="confirm-title">{title}</h2>
        {children}
        {problem !== undefined && (
          <p class="notice bad" role="alert">
            {problem}
          </p>
        )}
        <p class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="danger" disabled={isBusy}>
            {action}
          </button>
        </p>
      </form>
    </dialog>
  )
}
