interface Props {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

/** A switch with its label. */
export function Switch({ label, isOn, onChange }: Props) {
  return (
    <button type="button" role="switch" class="switch" aria-checked={isOn} onClick={() => onChange(!isOn)}>
      <span class="track" aria-hidden="true" />
      {label}
    </button>
  );
}
