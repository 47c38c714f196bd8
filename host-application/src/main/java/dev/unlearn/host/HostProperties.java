package dev.unlearn.host;

import static com.google.common.base.Preconditions.checkArgument;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The settings, {@code unlearn.model} and so on.
 *
 * @param model a HuggingFace folder; only read
 * @param work a folder of this service alone: requests, reports, epochs and forgotten models
 * @param unseen a file of texts the model never saw, one per line: thresholds and health
 * @param retain a file of texts to keep, one per line; null for none
 * @param learningRate of Adam
 * @param order n of extraction likelihood
 * @param maxEpochs after which an erasure gives up
 * @param maxLossIncrease what the loss on unseen text may rise by, in nats per token
 * @param maxMaDrop what memorization accuracy on unseen text may fall by, in [0, 1]
 * @param maxErasures how many may wait or run at a time
 * @param maxBody the largest body of a request
 */
@ConfigurationProperties("unlearn")
record HostProperties(
    Path model,
    Path work,
    Path unseen,
    @Nullable Path retain,
    @DefaultValue("5e-5") double learningRate,
    @DefaultValue("10") int order,
    @DefaultValue("100") int maxEpochs,
    @DefaultValue("0.1") double maxLossIncrease,
    @DefaultValue("0.05") double maxMaDrop,
    @DefaultValue("16") int maxErasures,
    @DefaultValue("1MB") DataSize maxBody) {

  /** Checks what no other class does. */
  HostProperties {
    checkGiven("model", model);
    checkGiven("work", work);
    checkGiven("unseen", unseen);
    checkArgument(maxErasures > 0, "unlearn.max-erasures must be > 0, but was: %s", maxErasures);
  }

  private static void checkGiven(String name, @Nullable Path value) {
    checkArgument(value != null, "unlearn.%s must be given, but is missing", name);
  }
}
