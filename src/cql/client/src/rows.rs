//! The rows of an answer, as C walks through them: values point into the answer's frame.

use std::ptr;
use std::slice;
use std::sync::Arc;

use scylla::deserialize::result::TypedRowIterator;
use scylla::deserialize::row::ColumnIterator;
use scylla::response::query_result::{QueryResult, QueryRowsResult};

use crate::ffi::{Slice, Value};

type RawRows = TypedRowIterator<'static, 'static, ColumnIterator<'static, 'static>>;

pub struct Rows {
    left: RawRows, // borrows from result, so comes before it
    page: Option<Arc<[u8]>>,
    result: Box<QueryRowsResult>,
}

impl Rows {
    /// None if the answer has no rows at all, like that of a write.
    pub fn new(result: QueryResult, page: Option<Arc<[u8]>>) -> Option<Box<Rows>> {
        let result = Box::new(result.into_rows_result().ok()?);
        let left = result.rows::<ColumnIterator>().ok()?;
        // SAFETY: result does not move in its box, and goes after what borrows from it.
        let left = unsafe {
            std::mem::transmute::<TypedRowIterator<'_, '_, ColumnIterator<'_, '_>>, RawRows>(left)
        };
        Some(Box::new(Rows { left, page, result }))
    }

    fn next(&mut self, values: &mut [Value]) -> bool {
        let Some(Ok(columns)) = self.left.next() else {
            return false;
        };
        let mut columns = columns.map(|column| column.ok().and_then(|column| column.slice));
        for value in values {
            let bytes = columns.next().flatten().map(|slice| slice.as_slice());
            *value = Value {
                data: bytes.map_or(ptr::null(), <[u8]>::as_ptr),
                len: bytes.map_or(0, |bytes| bytes.len() as u32),
                unset: false,
            };
        }
        true
    }
}

/// # Safety
/// rows are valid; there is room for count values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cql_rows_next(
    rows: *mut Rows,
    ret_values: *mut Value,
    count: usize,
) -> bool {
    // SAFETY: by contract.
    unsafe { (*rows).next(slice::from_raw_parts_mut(ret_values, count)) }
}

/// # Safety
/// rows are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cql_rows_count(rows: *const Rows) -> usize {
    // SAFETY: by contract.
    unsafe { &*rows }.result.rows_num()
}

/// # Safety
/// rows are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cql_rows_page(rows: *const Rows) -> Slice {
    // SAFETY: by contract.
    match &unsafe { &*rows }.page {
        Some(page) => Slice {
            data: page.as_ptr(),
            len: page.len(),
        },
        None => Slice {
            data: ptr::null(),
            len: 0,
        },
    }
}

/// # Safety
/// rows are valid, or NULL, and not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cql_rows_free(rows: *mut Rows) {
    if !rows.is_null() {
        // SAFETY: they came out of a box.
        drop(unsafe { Box::from_raw(rows) });
    }
}
