package dev.gossamer.engine;

/**
 * Key and step of the counter-based generator {@link dev.gossamer.engine.random.Philox}, in the backend's memory: what
 * dropout and augmentation draw from. {@link Workspace#write(RandomStream, long)} sets the key and goes to step 0; ops do not
 * change it but for {@link dev.gossamer.engine.ops.NnOps#advance}. The numbers depend on key, step, site and logical index
 * only, so that they are equal on every backend and in every layout.
 */
public interface RandomStream extends Resource {}
