/**
 * Tests that every implementation of a seam must pass. Extend one in your own tests, say how the
 * part is made, and run it with JUnit 5:
 *
 * <pre>{@code
 * final class HalfTheTokensTest extends MetricContract {
 *   @Override
 *   protected Metric metric() {
 *     return new HalfTheTokens();
 *   }
 * }
 * }</pre>
 *
 * <p>{@link dev.unlearn.spi.contract.FakeCausalLm} is a model without weights, for tests of
 * metrics.
 *
 * <p>They are in the artifact {@code unlearn-api} of type {@code test-jar}, and need JUnit 5 and
 * AssertJ beside it; {@link dev.unlearn.spi.contract.ObjectiveContract} also an engine of DJL.
 */
@NullMarked
package dev.unlearn.spi.contract;

import org.jspecify.annotations.NullMarked;
