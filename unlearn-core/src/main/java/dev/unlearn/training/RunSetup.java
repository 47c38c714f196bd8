package dev.unlearn.training;

import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What belongs to one run rather than to the recipe.
 *
 * @param listener must not throw; see {@link SafeListener}
 * @param cancellation what may end the run early
 * @param digestKey under which what identifies the forget set is hashed
 * @param workDirectory where whole epochs are kept
 * @param rollback how what the run changed is kept
 * @param memoryBytes what the run may take; what is free if empty
 * @param originalModel who answers for the original model; the run's own snapshot if empty
 * @hidden not API
 */
public record RunSetup(
    UnlearningListener listener,
    Cancellation cancellation,
    Optional<SecretKey> digestKey,
    Optional<Path> workDirectory,
    Optional<KeptRollback> rollback,
    OptionalLong memoryBytes,
    Optional<TrainableCausalLm> originalModel) {}
