import { useTexts } from '../reader.ts';
import './skeleton.css';

/** Grey lines in the place of what is loading, so that nothing moves when it arrives. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  const { loading } = useTexts();
  return (
    <div className="skeleton" role="status">
      <span className="hidden">{loading}</span>
      {Array.from({ length: lines }, (_, n) => (
        <span key={n} className="skeleton-line" />
      ))}
    </div>
  );
}

/** The place of a page whose code is loading. Its heading is unknown here: the texts of a page come with it. */
export function PageSkeleton() {
  const { product } = useTexts();
  return (
    <>
      <h1 className="hidden">{product}</h1>
      <Skeleton lines={6} />
    </>
  );
}

/** The place of the whole console. */
export function FrameSkeleton() {
  return (
    <main className="skeleton-page">
      <PageSkeleton />
    </main>
  );
}
