// What the commands say that do not take --engine.

export const NO_ENGINE = 'flows run on a Temporal cluster by stepflow worker and stepflow submit'
