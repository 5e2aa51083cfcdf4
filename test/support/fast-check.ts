import fc from 'fast-check';

// The same cases in every run, so that a red run is red for its change. Another number looks at other cases.
fc.configureGlobal({ seed: Number(process.env['FAST_CHECK_SEED'] ?? 20_261_121) });
